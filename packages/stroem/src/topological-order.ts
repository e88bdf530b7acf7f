export interface Dependent {
  readonly name: string
  readonly needs: readonly string[]
}

/**
 * Names in an order in which each comes after all it needs; among those that could come next, the smallest name.
 * Names in a circle, and those that wait for one, come last, by name.
 */
export function topologicalOrder(nodes: readonly Dependent[]): string[] {
  const { order, stuck } = takeInTurn(nodes)
  return [...order, ...stuck]
}

/** Names that need each other in a circle, or wait for one; empty when all is well. */
export function namesInCircles(nodes: readonly Dependent[]): string[] {
  return takeInTurn(nodes).stuck
}

function takeInTurn(nodes: readonly Dependent[]): { readonly order: string[]; readonly stuck: string[] } {
  const unmet = new Map<string, number>()
  const dependants = new Map<string, string[]>(nodes.map(node => [node.name, []]))
  for (const { name, needs } of nodes) {
    const known = new Set(needs.filter(need => dependants.has(need)))
    unmet.set(name, known.size)
    for (const need of known) dependants.get(need)?.push(name)
  }
  const next = new NameHeap()
  for (const [name, count] of unmet) if (count === 0) next.push(name)
  const order: string[] = []
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    order.push(name)
    unmet.delete(name)
    for (const dependant of dependants.get(name) ?? []) {
      const left = (unmet.get(dependant) ?? 0) - 1
      unmet.set(dependant, left)
      if (left === 0) next.push(dependant)
    }
  }
  return { order, stuck: [...unmet.keys()].sort() }
}

/** A binary heap, smallest name first. */
class NameHeap {
  readonly #names: string[] = []

  push(name: string): void {
    const names = this.#names
    let at = names.push(name) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#at(parent) <= name) break
      names[at] = this.#at(parent)
      at = parent
    }
    names[at] = name
  }

  pop(): string | undefined {
    const names = this.#names
    const first = names[0]
    const last = names.pop()
    if (last === undefined || names.length === 0) return first
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= names.length) break
      const child = left + 1 < names.length && this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (last <= this.#at(child)) break
      names[at] = this.#at(child)
      at = child
    }
    names[at] = last
    return first
  }

  #at(index: number): string {
    return this.#names[index] as string
  }
}
