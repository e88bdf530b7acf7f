/** References to secrets stay as text in what is stored; they are replaced only in the copy that is handed out (§8.1). */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { javaText } from './java-text.js'
import { parsePath } from './parse-path.js'
import { readJsonText, readPath, rootOf } from './read-path.js'

const reference = /\$\{workflow\.secrets\.([^}]+)\}/g
const whole = /^\$\{workflow\.secrets\.([^}]+)\}$/

/** What holds no reference comes back uncopied. An unknown secret is null, or nothing inside a text. */
export function substituteSecrets(value: JsonObject, secrets: JsonObject): JsonObject
export function substituteSecrets(value: Json, secrets: JsonObject): Json
export function substituteSecrets(value: Json, secrets: JsonObject): Json {
  if (typeof value === 'string') return substituteInText(value, secrets)
  if (value === null || typeof value !== 'object') return value
  if (!isJsonObject(value)) {
    const items = value.map(item => substituteSecrets(item, secrets))
    return items.every((item, index) => item === value[index]) ? value : items
  }
  const members = Object.entries(value).map(([key, member]) => [key, member === undefined ? member : substituteSecrets(member, secrets)] as const)
  return members.every(([key, member]) => member === value[key]) ? value : Object.fromEntries(members)
}

function substituteInText(text: string, secrets: JsonObject): Json {
  if (!text.includes('${workflow.secrets.')) return text
  const only = whole.exec(text)?.[1]
  if (only !== undefined) return secretValue(only, secrets)
  return text.replace(reference, (_, name: string) => {
    const value = secretValue(name, secrets)
    return value === null ? '' : javaText(value)
  })
}

/** `NAME`, or `NAME.path` for what a path finds in a secret that is JSON. */
function secretValue(name: string, secrets: JsonObject): Json {
  const dot = name.indexOf('.')
  const key = dot === -1 ? name : name.slice(0, dot)
  const value = (Object.hasOwn(secrets, key) ? secrets[key] : null) ?? null
  if (dot === -1 || value === null) return value
  const path = parsePath(name.slice(dot + 1))
  if (path === null) return null
  return typeof value === 'string' ? readJsonText(value, path) : readPath(path, rootOf(value))
}
