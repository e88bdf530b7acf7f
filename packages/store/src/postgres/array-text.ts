/** Arrays as PostgreSQL writes them. Made here because a flush has sixty of them, and the driver's own way costs a call per cell. */
export type Cell = string | number | boolean | null

/** One column of rows. */
export function arrayText(rows: readonly (readonly Cell[])[], column: number): string {
  let text = '{'
  for (const row of rows) {
    const cell = row[column]
    if (text.length > 1) text += ','
    if (cell === null || cell === undefined) text += 'NULL'
    else if (typeof cell === 'string') text += quoted(cell)
    else text += cell === true ? 't' : cell === false ? 'f' : cell
  }
  return `${text}}`
}

/** Quoted always: a bare word may mean null, and may not be empty. */
function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
}
