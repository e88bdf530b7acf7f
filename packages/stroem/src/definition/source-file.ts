import { LineCounter, isNode, parseDocument, type Document } from 'yaml'
import { BadField, type Path, Reader } from './reader.js'

/** A file of a workspace: its path from the root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export interface ParsedFile {
  /** Null: the file is empty. */
  readonly root: Reader | null
  readonly warnings: readonly string[]
}

const lengthMax = 2 * 1024 * 1024
const aliasesMax = 100

/** Reads the YAML of a file. Throws `BadField` when there is no reading it. */
export function parseFile(text: string): ParsedFile {
  if (text.length > lengthMax) throw new BadField(`expected at most ${lengthMax} characters, found ${text.length}`)
  const lines = new LineCounter()
  const document = documentOf(text, lines)
  const [error] = document.errors
  if (error) throw new BadField(problemText(error, lines))
  const value = valueOf(document)
  const warnings = document.warnings.map(warning => problemText(warning, lines))
  const isEmpty = value === null || value === undefined
  return { root: isEmpty ? null : new Reader(value, [], path => lineOf(document, lines, path)), warnings }
}

function documentOf(text: string, lines: LineCounter): Document {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false })
  } catch {
    // The parser recurses: brackets nested by the thousand end here.
    throw new BadField('expected YAML, found something nested too deeply to read')
  }
}

function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasesMax })
  } catch (error) {
    throw new BadField(`expected YAML with at most ${aliasesMax} uses of aliases: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function problemText(problem: { readonly message: string; readonly pos: readonly [number, number] }, lines: LineCounter): string {
  const { line, col } = lines.linePos(problem.pos[0])
  return `line ${line}, column ${col}: ${problem.message}`
}

/** The line of a value, or of the nearest thing around it that is there. */
function lineOf(document: Document, lines: LineCounter, path: Path): number | null {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return null
}
