/** Text, `{{ }}`, `{% %}` and `{# #}`. A dash inside a bracket takes the blanks of the text beside it away. */
import { checkDepth } from './fuel.js'
import { ExpressionParser } from './parse-expression.js'
import { Scanner } from './scanner.js'
import type { Branch, Node } from './syntax.js'

const opening = /\{\{-?|\{%-?|\{#-?/y
const nextOpening = /\{[{%#]/g
const tagName = /[a-z_]+/y
const endRaw = /\{%(-?)\s*endraw\s*(-?)%\}/g
const refused: ReadonlySet<string> = new Set(['include', 'extends', 'import', 'macro', 'block'])

/** What may stand around a node: `break` belongs in loops, and only outside `filter` blocks. */
type Surroundings = 'plain' | 'loop'

interface Body {
  readonly nodes: readonly Node[]
  readonly end: string | null
}

export function parseTemplate(text: string): readonly Node[] {
  return new TemplateParser(text).parse()
}

class TemplateParser {
  readonly #scanner: Scanner
  readonly #expressions: ExpressionParser
  #depth = 0
  /** The tag before ended with a dash. */
  #trimStart = false

  constructor(text: string) {
    this.#scanner = new Scanner(text)
    this.#expressions = new ExpressionParser(this.#scanner)
  }

  parse(): readonly Node[] {
    return this.#body('plain', []).nodes
  }

  /** Nodes up to a tag that is in `ends`: its name is read, its inside is not. */
  #body(surroundings: Surroundings, ends: readonly string[]): Body {
    checkDepth(++this.#depth, 'blocks')
    const nodes: Node[] = []
    let end: string | null = null
    while (!this.#scanner.isAtEnd && end === null) {
      const bracket = this.#scanner.matchHere(opening)
      if (bracket === null) this.#text(nodes)
      else end = this.#bracket(bracket, nodes, surroundings, ends)
    }
    if (end === null && ends.length > 0) this.#scanner.fail(`\`{% ${ends.at(-1)} %}\``)
    this.#depth -= 1
    return { nodes, end }
  }

  #text(nodes: Node[]): void {
    const { text, at } = this.#scanner
    nextOpening.lastIndex = at
    const end = nextOpening.exec(text)?.index ?? text.length
    this.#scanner.at = end
    this.#add(nodes, text.slice(at, end), text[end + 2] === '-', false)
  }

  #add(nodes: Node[], raw: string, trimEnd: boolean, trimsNext: boolean): void {
    const left = this.#trimStart ? raw.trimStart() : raw
    const text = trimEnd ? left.trimEnd() : left
    this.#trimStart = trimsNext
    if (text !== '') nodes.push({ kind: 'text', text })
  }

  /** Adds what the bracket stands for, or returns the name of the tag that ends the body. */
  #bracket(bracket: string, nodes: Node[], surroundings: Surroundings, ends: readonly string[]): string | null {
    this.#trimStart = false
    if (bracket.startsWith('{#')) this.#comment()
    else if (bracket.startsWith('{{')) this.#print(nodes)
    else {
      const name = this.#scanner.match(tagName) ?? this.#scanner.fail('the name of a tag')
      if (ends.includes(name)) return name
      this.#tag(name, nodes, surroundings)
    }
    return null
  }

  #comment(): void {
    const end = this.#scanner.text.indexOf('#}', this.#scanner.at)
    if (end < 0) {
      this.#scanner.at = this.#scanner.text.length
      this.#scanner.fail('a comment end (`#}`): `{#` begins a comment, also in `${#name}`; put such text between `{% raw %}` and `{% endraw %}`')
    }
    this.#trimStart = this.#scanner.text[end - 1] === '-'
    this.#scanner.at = end + 2
  }

  #print(nodes: Node[]): void {
    const value = this.#expressions.logicOrArray()
    this.#close('}}')
    nodes.push({ kind: 'print', value })
  }

  #close(bracket: '}}' | '%}'): void {
    this.#trimStart = this.#scanner.take(`-${bracket}`)
    if (!this.#trimStart) this.#scanner.must(bracket)
  }

  #tag(name: string, nodes: Node[], surroundings: Surroundings): void {
    switch (name) {
      case 'if':
        nodes.push(this.#if(surroundings))
        return
      case 'for':
        nodes.push(this.#for(surroundings))
        return
      case 'set':
      case 'set_global':
        nodes.push(this.#set(name === 'set_global'))
        return
      case 'filter':
        nodes.push(this.#filter())
        return
      case 'raw':
        this.#raw(nodes)
        return
      case 'break':
      case 'continue':
        if (surroundings !== 'loop') this.#scanner.fail(`no \`${name}\` outside of a loop`)
        this.#close('%}')
        nodes.push({ kind: name })
        return
      default:
        if (refused.has(name)) this.#scanner.fail(`no \`${name}\`: templates here stand alone`)
        this.#scanner.fail(`a known tag instead of \`${name}\``)
    }
  }

  #if(surroundings: Surroundings): Node {
    const branches: Branch[] = []
    for (;;) {
      const when = this.#expressions.logic()
      this.#close('%}')
      const { nodes, end } = this.#body(surroundings, ['elif', 'else', 'endif'])
      branches.push({ when, body: nodes })
      if (end !== 'elif') return { kind: 'if', branches, otherwise: this.#otherwise(end, surroundings, 'endif') }
    }
  }

  /** The part behind `else`, if that is what ended the body, up to and with the end tag. */
  #otherwise(end: string | null, surroundings: Surroundings, last: string): readonly Node[] {
    this.#close('%}')
    if (end !== 'else') return []
    const { nodes } = this.#body(surroundings, [last])
    this.#close('%}')
    return nodes
  }

  #for(surroundings: Surroundings): Node {
    const first = this.#expressions.name('the name of a loop variable')
    const second = this.#scanner.take(',') ? this.#expressions.name('the name of a loop variable') : null
    this.#scanner.must('in')
    const container = this.#expressions.loopContainer()
    this.#close('%}')
    const { nodes, end } = this.#body('loop', ['else', 'endfor'])
    const otherwise = this.#otherwise(end, surroundings, 'endfor')
    return { kind: 'for', key: second === null ? null : first, item: second ?? first, container, body: nodes, otherwise }
  }

  #set(global: boolean): Node {
    const name = this.#expressions.name('the name of a variable')
    this.#scanner.must('=')
    const value = this.#expressions.logicOrArray()
    this.#close('%}')
    return { kind: 'set', name, global, value }
  }

  #filter(): Node {
    const filter = this.#expressions.call()
    this.#close('%}')
    const { nodes } = this.#body('plain', ['endfilter'])
    this.#close('%}')
    return { kind: 'filter', filter, body: nodes }
  }

  #raw(nodes: Node[]): void {
    this.#close('%}')
    const start = this.#scanner.at
    endRaw.lastIndex = start
    const end = endRaw.exec(this.#scanner.text)
    if (end === null) return this.#scanner.fail('`{% endraw %}`')
    this.#scanner.at = endRaw.lastIndex
    this.#add(nodes, this.#scanner.text.slice(start, end.index), end[1] === '-', end[2] === '-')
  }
}
