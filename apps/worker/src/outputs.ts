/**
 * `OUTPUT:` lines (strom-worker.md §7.2): on stdout, from the first column, one optional blank, one JSON value. The last
 * valid one is the step's output; invalid ones are ordinary lines.
 */
const marker = 'OUTPUT:'

export class OutputCollector {
  #value: unknown = null

  get value(): unknown {
    return this.#value
  }

  see(line: string): void {
    if (!line.startsWith(marker)) return
    const rest = line.slice(line[marker.length] === ' ' ? marker.length + 1 : marker.length)
    try {
      this.#value = JSON.parse(rest)
    } catch {
      // Not JSON: the line is output of the ordinary kind, and stays in the log.
    }
  }
}
