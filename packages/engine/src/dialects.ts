/** The closed union of dialects: the only file of the engine that names them. */
import { conductorRules, type ConductorTypes } from '@busbar/conductor'
import { assertNever, type DialectName, type DialectTypes, type Rules, type View } from '@busbar/kernel'
import { stroemRules, type StroemTypes } from '@busbar/stroem'
import type { AnyView, Dialects } from './api.js'

export function dialectsWith(rules: Partial<Dialects> = {}): Dialects {
  return { conductor: rules.conductor ?? conductorRules, stroem: rules.stroem ?? stroemRules }
}

/** To the engine a dialect is six functions over values that it never looks into. */
export type AnyRules = Rules<DialectTypes>
export type SomeView = View<DialectTypes>

export function rulesOf(dialects: Dialects, name: DialectName): AnyRules {
  switch (name) {
    case 'conductor':
      return dialects.conductor
    case 'stroem':
      return dialects.stroem
    default:
      return assertNever(name)
  }
}

export function toAnyView(view: SomeView): AnyView {
  const { dialect } = view.execution
  switch (dialect) {
    case 'conductor':
      return { dialect, view: view as View<ConductorTypes> }
    case 'stroem':
      return { dialect, view: view as View<StroemTypes> }
    default:
      return assertNever(dialect)
  }
}
