/** Walks through the nodes of a template and writes what they say. */
import type { Surroundings } from './builtin.js'
import { Evaluator } from './evaluate.js'
import { TemplateError } from './fuel.js'
import { toText, Writer } from './print.js'
import { Scope, type TemplateContext } from './scope.js'
import type { Node } from './syntax.js'
import { graphemes } from './graphemes.js'
import { isList, isObject, keysOf, kindOf, type Value } from './value.js'

/** How a body ended: a loop around it may have to stop or to go on. */
type Flow = 'on' | 'break' | 'continue'
type Loop = Node & { readonly kind: 'for' }
type Turn = readonly [key: string, value: Value]

export function run(nodes: readonly Node[], context: TemplateContext, surroundings: Surroundings): string {
  const runner = new Runner(new Evaluator(new Scope(context), surroundings), surroundings)
  const writer = new Writer(surroundings.fuel)
  runner.body(nodes, writer)
  return writer.text
}

class Runner {
  readonly #evaluator: Evaluator
  readonly #surroundings: Surroundings

  constructor(evaluator: Evaluator, surroundings: Surroundings) {
    this.#evaluator = evaluator
    this.#surroundings = surroundings
  }

  body(nodes: readonly Node[], writer: Writer): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, writer)
      if (flow !== 'on') return flow
    }
    return 'on'
  }

  #node(node: Node, writer: Writer): Flow {
    this.#surroundings.fuel.spend(1)
    switch (node.kind) {
      case 'text':
        writer.write(node.text)
        return 'on'
      case 'print':
        writer.write(toText(this.#evaluator.evaluate(node.value), this.#surroundings.fuel))
        return 'on'
      case 'if': {
        const branch = node.branches.find(({ when }) => this.#evaluator.isTrue(when))
        return this.body(branch?.body ?? node.otherwise, writer)
      }
      case 'for':
        return this.#loop(node, writer)
      case 'set':
        this.#evaluator.scope.assign(node.name, this.#evaluator.evaluate(node.value), node.global)
        return 'on'
      case 'filter': {
        const inside = new Writer(this.#surroundings.fuel)
        const flow = this.body(node.body, inside)
        const value = node.filter.name === 'safe' ? inside.text : this.#evaluator.applyFilter(inside.text, node.filter)
        writer.write(toText(value, this.#surroundings.fuel))
        return flow
      }
      case 'break':
      case 'continue':
        return node.kind
    }
  }

  #loop(loop: Loop, writer: Writer): Flow {
    const turns = this.#turns(loop, this.#evaluator.evaluate(loop.container))
    if (turns.length === 0) return this.body(loop.otherwise, writer)
    this.#evaluator.scope.enterLoop(loop.key, loop.item, turns.length)
    for (const [key, value] of turns) {
      this.#surroundings.fuel.spend(1)
      this.#evaluator.scope.nextTurn(key, value)
      if (this.body(loop.body, writer) === 'break') break
    }
    this.#evaluator.scope.leaveLoop()
    return 'on'
  }

  #turns(loop: Loop, container: Value): readonly Turn[] {
    const { fuel } = this.#surroundings
    if (isObject(container)) {
      if (loop.key === null) throw new TemplateError(`a loop over an object needs two variables: \`for key, ${loop.item} in …\``)
      const keys = keysOf(container)
      fuel.spend(keys.length)
      return keys.map(key => [key, container[key] ?? null])
    }
    if (loop.key !== null) throw new TemplateError(`a loop with two variables needs an object, and got ${kindOf(container)}`)
    if (isList(container)) {
      fuel.spend(container.length)
      return container.map(value => ['', value])
    }
    if (typeof container !== 'string') throw new TemplateError(`a loop needs an array, an object or text, and got ${kindOf(container)}`)
    fuel.text(container.length)
    return Array.from(graphemes(container, fuel), character => ['', character])
  }
}
