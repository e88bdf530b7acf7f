/** Small definitions for tests: each states only what matters to it. */
import type { Hooks, ScriptAction, Step, TaskDef, Workspace } from '../definition/types.js'

const noHooks: Hooks = { onSuccess: [], onError: [], onSuspended: [], onCancel: [] }

export function step(given: Partial<Step> = {}): Step {
  return {
    ...{ action: 'run', name: null, description: null, dependsOn: [], input: {}, continueOnFailure: false, timeoutSecs: null },
    ...{ when: null, forEach: null, sequential: false, retry: null },
    ...given,
  }
}

export function task(flow: Record<string, Step>, given: Partial<TaskDef> = {}): TaskDef {
  return {
    ...{ name: null, description: null, mode: 'distributed', folder: null, input: {}, flow, timeoutSecs: null, retry: null, hooks: noHooks },
    ...given,
  }
}

export function script(given: Partial<ScriptAction> = {}): ScriptAction {
  return {
    ...{ type: 'script', name: null, description: null, input: {}, output: null, retry: null, tags: [], script: 'true', source: null },
    ...{ runner: 'local', language: null, dependencies: [], interpreter: null, args: [], env: null, manifest: null },
    ...given,
  }
}

export function workspace(given: Partial<Workspace>): Workspace {
  return {
    ...{ name: 'lab', secrets: {}, connectionTypes: {}, connections: {}, actions: { run: script() }, tasks: {}, triggers: {} },
    ...{ hooks: noHooks, mcpServers: {}, warnings: [] },
    ...given,
  }
}
