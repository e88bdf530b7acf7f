/** A table for the terminal: columns as wide as their widest cell, the last one cut at the terminal's edge. */
import { stripVTControlCharacters } from 'node:util'
import { paint } from './paint.js'

export function table(header: readonly string[], rows: readonly (readonly string[])[], widthMax = process.stdout.columns ?? 160): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map(row => widthOf(row[column] ?? ''))))
  const line = (cells: readonly string[], tone: 'strong' | 'plain') =>
    cells
      .map((cell, column) =>
        column === cells.length - 1
          ? cut(cell, Math.max(widthMax - sum(widths.slice(0, column)) - 2 * column, 12))
          : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
      )
      .map(cell => paint(tone, cell))
      .join('  ')
  return [line(header, 'strong'), ...rows.map(row => line(row, 'plain'))].join('\n')
}

function cut(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${stripVTControlCharacters(text).slice(0, width - 1)}…`
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
