import type { Call } from './call.js'
import type { Channel, HttpInfo } from './channel.js'
import type { CallOptions } from './configuration.js'
import { MissingArgument } from './encode.js'
import { RequiredError } from './required-error.js'

/** A table of operations: from the arguments of a method to the call it makes. */
type Operations = { readonly [name: string]: (...args: never[]) => Call<unknown> }

type ResultOf<Operation> = Operation extends (...args: never[]) => Call<infer T> ? T : never
type ArgumentsOf<Operation> = Operation extends (...args: infer Arguments) => unknown ? [...Arguments, _options?: CallOptions] : never

/** Each operation as a method, and with its twin that also tells status and headers. */
export type Resource<Table extends Operations> = {
  readonly [Name in keyof Table]: (...args: ArgumentsOf<Table[Name]>) => Promise<ResultOf<Table[Name]>>
} & {
  readonly [Name in keyof Table as `${Name & string}WithHttpInfo`]: (...args: ArgumentsOf<Table[Name]>) => Promise<HttpInfo<ResultOf<Table[Name]>>>
}

export function resource<Table extends Operations>(api: string, operations: Table, channel: Channel): Resource<Table> {
  const methods: Record<string, (...args: never[]) => Promise<unknown>> = {}
  for (const [name, operation] of Object.entries(operations)) {
    const perform = async (...args: never[]): Promise<HttpInfo<unknown>> => {
      const options: CallOptions | undefined = args[operation.length]
      try {
        return await channel.perform(operation(...args), options)
      } catch (error) {
        throw error instanceof MissingArgument ? new RequiredError(api, name, error.field) : error
      }
    }
    methods[name] = async (...args) => (await perform(...args)).data
    methods[`${name}WithHttpInfo`] = perform
  }
  // Made by the loop above from the very table that the type is made from.
  return methods as unknown as Resource<Table>
}
