/** Model classes as data: a type says what a thing looks like, `model` makes the class of the same name. */

/** What a program may put into inputs, outputs and variables; users read them without a cast, as in the original client. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place: `unknown` here would break the programs of every user
export type JsonMap = { [key: string]: any }

export interface Attribute {
  readonly name: string
  readonly baseName: string
  readonly type: string
  readonly format: string
}

export interface ModelClass<T extends object> {
  new (): T
  readonly prototype: T
  readonly discriminator: string | undefined
  readonly attributeTypeMap: Attribute[]
  getAttributeTypeMap(): Attribute[]
}

/** `int`, `long`, `map`, or the name of a type; `[]` after it for a list. With a second word: the name on the wire, where it differs. */
type Field = string

export function model<T extends object>(name: string, fields: { readonly [K in keyof Required<T>]: Field }): ModelClass<T> {
  const attributeTypeMap = Object.entries<Field>(fields).map(([field, spec]) => attribute(field, spec))
  const made = {
    [name]: class {
      static readonly discriminator: string | undefined = undefined
      static readonly attributeTypeMap = attributeTypeMap
      static getAttributeTypeMap(): Attribute[] {
        return attributeTypeMap
      }
    },
  }
  // The class has no fields of its own: an instance gets them by assignment, with the types of T.
  return made[name] as unknown as ModelClass<T>
}

function attribute(name: string, spec: Field): Attribute {
  const [type = 'any', baseName = name] = spec.split(' ')
  return { name, baseName, ...typeOf(type) }
}

function typeOf(type: string): { readonly type: string; readonly format: string } {
  if (type.endsWith('[]')) return { type: `Array<${typeOf(type.slice(0, -2)).type}>`, format: '' }
  switch (type) {
    case 'int':
      return { type: 'number', format: 'int32' }
    case 'long':
      return { type: 'number', format: 'int64' }
    case 'map':
      return { type: '{ [key: string]: any; }', format: '' }
    default:
      return { type, format: '' }
  }
}
