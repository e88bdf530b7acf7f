/** Logs are kept in chunks: consecutive lines of one source, as they were appended. Positions count from 1 within an execution. */
import type { Note } from '@busbar/kernel'
import type { LogLine } from './store.js'

export type NewLine = Omit<LogLine, 'position'>
export type StoredLine = readonly [stream: string, at: string, text: string]

export interface LogChunk {
  readonly source: string
  readonly lines: readonly StoredLine[]
}

/** Lines in one chunk: a reader who wants a few parses no more than this. */
const linesPerChunkMax = 256

export function chunksOf(lines: readonly NewLine[]): readonly LogChunk[] {
  const chunks: { source: string; lines: StoredLine[] }[] = []
  for (const { source, stream, at, text } of lines) {
    let chunk = chunks.at(-1)
    if (!chunk || chunk.source !== source || chunk.lines.length >= linesPerChunkMax) chunks.push((chunk = { source, lines: [] }))
    chunk.lines.push([stream, at, text])
  }
  return chunks
}

/** The lines that a decision adds. */
export function linesOfNotes(notes: readonly Note[]): readonly NewLine[] {
  return notes.map(note => ({ ...note, at: new Date(note.at).toISOString() }))
}

/** The lines of a chunk that stand after a position. */
export function linesAfter({ source, lines }: LogChunk, first: number, after: number): LogLine[] {
  const wanted: LogLine[] = []
  for (const [index, [stream, at, text]] of lines.entries()) {
    const position = first + index
    if (position > after) wanted.push({ position, source, stream, at, text })
  }
  return wanted
}
