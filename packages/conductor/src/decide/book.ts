/**
 * What a decision needs to know without looking at all tasks. Derived from the attempts when a view is loaded, then
 * kept in step by `Turn`; never stored.
 *
 * B1. `agenda` holds exactly the ended tasks whose successors do not exist yet (not executed, retried or skipped).
 * B2. `runnable` holds at least the open system tasks that could do something now. Looking at one in vain is harmless.
 * B3. `live` counts, for each instance of a loop, its tasks that are open or on the agenda.
 */
import { parseSnapshot } from '../definition/snapshot.js'
import { compileBranch, compilePlan, type Node, type Plan } from '../plan.js'
import type { Brief } from '../types.js'
import { parseTasks } from './branch-tasks.js'
import type { Ending } from './ending.js'
import type { ConductorView, Task } from './task.js'

const replaced = new WeakMap<Brief, Plan>()

/** What the execution runs by: the plan it was started with, or the one that a restart put in its place. */
export function planOf(view: ConductorView): Plan {
  const { brief } = view
  if (brief.definition === undefined) return view.plan
  const known = replaced.get(brief)
  if (known !== undefined) return known
  const plan = compilePlan(parseSnapshot(brief.definition))
  replaced.set(brief, plan)
  return plan
}

export class Book {
  /** Name in the definition → the newest task of that name, whatever its iteration. */
  readonly latest = new Map<string, number>()
  readonly agenda = new Set<number>()
  readonly runnable = new Set<number>()
  readonly live = new Map<string, number>()
  /** Open join → reference names it still waits for. */
  readonly joins = new Map<number, Set<string>>()
  /** Reference name → open joins that wait for it. */
  readonly waiters = new Map<string, Set<number>>()
  /** Loop suffix → nodes that dynamic forks made there. */
  readonly branches = new Map<string, Map<string, Node>>()
  hasDynamicFork = false
  /** The engine's own tasks have asked something. */
  isAsking = false
  /** The execution is to end this way; a question may stand in between. */
  ending: Ending | null = null
  /** Timers went off: open tasks are to be checked against their time-outs. */
  timersDue = false
}

export function bookOf(view: ConductorView): Book {
  if (view.derived instanceof Book) return view.derived
  const book = new Book()
  view.derived = book
  if (!view.isTerminal) fill(book, view)
  else for (const task of view.attempts()) remember(book, view, task)
  return book
}

/** After a verb that reshaped the execution: everything is derived anew. */
export function forgetBook(view: ConductorView): void {
  view.derived = undefined
}

function fill(book: Book, view: ConductorView): void {
  for (const task of view.attempts()) {
    remember(book, view, task)
    if (isSettled(task)) continue
    if (task.state.kind === 'closed') book.agenda.add(task.ordinal)
    count(book, nodeOf(view, task), task, 1)
  }
  for (const task of view.openAttempts()) {
    if (task.queue === null) book.runnable.add(task.ordinal)
    awaitJoined(book, view, task)
  }
}

/** Nothing follows from it any more. */
export function isSettled(task: Task): boolean {
  const { data, state } = task
  return state.kind === 'closed' && (data.executed === true || data.retried === true || state.outcome === 'skipped')
}

/** Makes a task known by name, and the branches that a dynamic fork made. */
export function remember(book: Book, view: ConductorView, task: Task): void {
  const name = nameOf(task)
  const known = book.latest.get(name)
  if (known === undefined || known <= task.ordinal || !view.attempt(known)) book.latest.set(name, task.ordinal)
  const branches = task.data.input?.['forkedTaskDefs']
  if (task.data.type !== 'FORK' || branches === undefined) return
  book.hasDynamicFork = true
  const suffix = task.data.suffix ?? ''
  const nodes = book.branches.get(suffix) ?? new Map<string, Node>()
  book.branches.set(suffix, nodes)
  const fork = planOf(view).nodes.get(name)
  for (const branch of parseTasks(branches) ?? []) compileBranch(nodes, branch, { after: fork?.sibling ?? null, loop: fork?.loop ?? null })
}

/** Its name in the definition: the reference name without the loop suffix. */
export function nameOf(task: Task): string {
  const { suffix } = task.data
  return suffix === undefined ? task.key : task.key.slice(0, -suffix.length)
}

export function nodeOf(view: ConductorView, task: Task): Node | null {
  return nodeNamed(view, nameOf(task), task.data.suffix ?? '')
}

/** In the definition, or in a branch that a dynamic fork made in this iteration or around it. */
export function nodeNamed(view: ConductorView, name: string, suffix: string): Node | null {
  const node = planOf(view).nodes.get(name)
  if (node !== undefined) return node
  const { branches } = bookOf(view)
  if (branches.size === 0) return null
  for (let at = suffix; ; at = outerSuffix(at)) {
    const made = branches.get(at)?.get(name)
    if (made !== undefined || at === '') return made ?? null
  }
}

/** `__2__1` → `__2`. */
export function outerSuffix(suffix: string): string {
  return suffix.slice(0, Math.max(0, suffix.lastIndexOf('__')))
}

/** The reference name of the loop task that a task belongs to, or null. */
export function loopKeyOf(node: Node | null, task: Task): string | null {
  return node?.loop ? node.loop.ref + outerSuffix(task.data.suffix ?? '') : null
}

export function count(book: Book, node: Node | null, task: Task, by: 1 | -1): string | null {
  const key = loopKeyOf(node, task)
  if (key === null) return null
  const live = (book.live.get(key) ?? 0) + by
  book.live.set(key, live)
  return live === 0 ? key : null
}

// ── Joins ──

/** The reference names, as they are in this iteration, that an open join waits for. */
export function joinedKeys(view: ConductorView, task: Task): string[] {
  const joinOn = task.data.input?.['joinOn'] ?? nodeOf(view, task)?.task.joinOn ?? []
  const names = Array.isArray(joinOn) ? joinOn : []
  const fallback = task.data.type === 'EXCLUSIVE_JOIN' ? (nodeOf(view, task)?.task.defaultExclusiveJoinTask ?? []) : []
  return [...names, ...fallback].map(name => joinedKey(view, String(name), task.data.suffix ?? ''))
}

/** A joined task of the same iteration, or of one around it. */
export function joinedKey(view: ConductorView, name: string, suffix: string): string {
  if (suffix === '') return name
  const node = nodeNamed(view, name, suffix)
  if (node === null) return name.endsWith(suffix) ? name : name + suffix
  let depth = 0
  for (let loop = node.loop; loop; loop = loop.loop) depth += 1
  const parts = suffix.split('__').slice(1, depth + 1)
  return parts.length === 0 ? name : `${name}__${parts.join('__')}`
}

export function awaitJoined(book: Book, view: ConductorView, join: Task): void {
  if (join.data.type !== 'JOIN' && join.data.type !== 'EXCLUSIVE_JOIN') return
  const pending = new Set<string>()
  for (const key of joinedKeys(view, join)) {
    const joined = view.newest(key as Task['key'])
    if (joined !== undefined && isSettled(joined) && joined.data.retried !== true) continue
    pending.add(key)
    const waiters = book.waiters.get(key)
    if (waiters === undefined) book.waiters.set(key, new Set([join.ordinal]))
    else waiters.add(join.ordinal)
  }
  book.joins.set(join.ordinal, pending)
}

/** A task has ended for good: joins that wait for nothing else (or for any one) look again. */
export function tellJoins(book: Book, view: ConductorView, key: string): void {
  const waiters = book.waiters.get(key)
  if (waiters === undefined) return
  book.waiters.delete(key)
  for (const ordinal of waiters) {
    const pending = book.joins.get(ordinal)
    pending?.delete(key)
    if (pending?.size === 0 || view.attempt(ordinal)?.data.type === 'EXCLUSIVE_JOIN') book.runnable.add(ordinal)
  }
}
