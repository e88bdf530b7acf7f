import type { JsonObject } from '@busbar/kernel'
import { readInputField, readRetry, readTexts } from './read-fields.js'
import type { Reader } from './reader.js'
import type { Action, Dictionary } from './types.js'

/** An action, or why it cannot be one. Fields of a wrong shape throw `BadField`, which costs the whole file. */
export type ReadAction = { readonly action: Action } | { readonly problem: string }

const types = ['script', 'docker', 'pod', 'task', 'agent', 'approval'] as const

export function readAction(reader: Reader): ReadAction {
  const written = reader.field('type').text()
  const type = written === 'shell' ? 'script' : types.find(known => known === written)
  switch (type) {
    case 'script':
      return { action: readScript(reader, written === 'shell') }
    case 'docker':
      return { action: { type, ...shared(reader), ...container(reader) } }
    case 'pod':
      return { action: { type, ...shared(reader), ...container(reader), manifest: reader.field('manifest').json() } }
    case 'task':
      return demand(reader, 'task', task => ({ type, ...shared(reader), task }))
    case 'approval':
      return demand(reader, 'message', message => ({ type, ...shared(reader), message }))
    case 'agent':
      return { action: readAgent(reader) }
    case undefined:
      return { problem: `${reader.place()}: expected a type out of ${types.join(', ')}, found ${written}` }
  }
}

function demand(reader: Reader, name: 'task' | 'message', make: (text: string) => Action): ReadAction {
  const text = reader.field(name).optionalText()
  return text === null
    ? { problem: `${reader.place()}: an action of type ${name === 'task' ? 'task' : 'approval'} needs the field ${name}` }
    : { action: make(text) }
}

function shared(reader: Reader) {
  return {
    name: reader.field('name').optionalText(),
    description: reader.field('description').optionalText(),
    input: reader.field('input').dictionary(readInputField),
    output: reader.field('output').isAbsent ? null : reader.field('output').jsonObject(),
    retry: readRetry(reader.field('retry')),
    tags: [...new Set(readTexts(reader.field('tags')))],
  }
}

function container(reader: Reader) {
  return {
    image: reader.field('image').optionalText(),
    cmd: reader.field('cmd').optionalText(),
    command: optionalTexts(reader.field('command')),
    entrypoint: optionalTexts(reader.field('entrypoint')),
    env: readEnv(reader),
  }
}

/** `shell`, the old name, kept code in `cmd` and the file in `script`. */
function readScript(reader: Reader, isOld: boolean): Action {
  return {
    type: 'script',
    ...shared(reader),
    script: reader.field(isOld ? 'cmd' : 'script').optionalText(),
    source: reader.field('source').optionalText() ?? (isOld ? reader.field('script').optionalText() : null),
    runner: reader.field('runner').optionalText() ?? 'local',
    language: reader.field('language').optionalText(),
    dependencies: readTexts(reader.field('dependencies')),
    interpreter: reader.field('interpreter').optionalText(),
    args: readTexts(reader.field('args')),
    env: readEnv(reader),
    manifest: reader.field('manifest').json(),
  }
}

const agentSettings = ['model', 'system_prompt', 'temperature', 'max_tokens', 'tools', 'max_turns', 'interactive']

function readAgent(reader: Reader): Action {
  const settings: JsonObject = Object.fromEntries(agentSettings.filter(name => reader.has(name)).map(name => [name, reader.field(name).json()]))
  return { type: 'agent', ...shared(reader), provider: reader.field('provider').optionalText(), prompt: reader.field('prompt').optionalText(), settings }
}

function readEnv(reader: Reader): Dictionary<string> | null {
  const env = reader.field('env')
  return env.isAbsent ? null : env.dictionary(value => value.text())
}

function optionalTexts(reader: Reader): readonly string[] | null {
  return reader.isAbsent ? null : readTexts(reader)
}
