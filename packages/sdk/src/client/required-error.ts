import { ConductorError } from '../http/conductor-error.js'

/** A call without an argument that it cannot do without. */
export class RequiredError extends ConductorError {
  readonly api: string
  readonly method: string
  readonly field: string

  constructor(api: string, method: string, field: string) {
    super(`Required parameter ${field} was null or undefined when calling ${api}.${method}.`)
    this.name = 'RequiredError'
    this.api = api
    this.method = method
    this.field = field
  }
}
