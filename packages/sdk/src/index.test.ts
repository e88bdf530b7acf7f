import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as browser from './browser.js'
import * as node from './index.js'

/** conductor-client.md §2: the values of the original, and those of which its users complain that they are missing. */
const values = `
  ConductorClient ConductorError DefaultLogger WorkerHost WorkerProcess WorkflowManager noopLogger noopErrorHandler TaskType
  Action EventHandler ExternalStorageLocation PollData RerunWorkflowRequest SearchResultTask SearchResultTaskSummary SearchResultWorkflow
  SearchResultWorkflowSummary SkipTaskRequest StartWorkflow StartWorkflowRequest SubWorkflowParams Task TaskDef TaskDetails TaskExecLog TaskResult
  TaskSummary Workflow WorkflowDef WorkflowSummary WorkflowTask WorkflowTestRequest
  workflow customTask doWhileTask newLoopTask dynamicForkTask eventTask sqsEventTask conductorEventTask forkTask forkTaskJoin httpTask inlineTask
  joinTask jsonJqTask kafkaPublishTask setVariableTask subWorkflowTask switchTask terminateTask waitTaskDuration waitTaskUntil
  generate taskGenMapper generateCustomTask generateDoWhileTask generateEventTask generateForkJoinTask generateHTTPTask generateInlineTask
  generateJQTransformTask generateJoinTask generateKafkaPublishTask generateSetVariableTask generateSubWorkflowTask generateSwitchTask
  generateTerminateTask generateWaitTask
  TaskResultStatusEnum TaskStatusEnum WorkflowStatusEnum TaskDefRetryLogicEnum TaskDefTimeoutPolicyEnum WorkflowDefTimeoutPolicyEnum
  TaskMockStatusEnum TaskSummaryStatusEnum WorkflowSummaryStatusEnum ActionActionEnum WorkflowTaskWorkflowTaskTypeEnum
  createConfiguration ServerConfiguration server1 ApiException RequiredError`
  .trim()
  .split(/\s+/)

const workersOnly = ['WorkerHost', 'WorkerProcess', 'noopErrorHandler']

test('exports every value of the original client', () => {
  expect(values.filter(name => !(name in node))).toEqual([])
})

test('the entry for browsers has them, too, but for the workers', () => {
  expect(values.filter(name => !(name in browser))).toEqual(workersOnly)
  expect(browser.ConductorClient).not.toBe(node.ConductorClient)
})

test('nothing that the entry for browsers leads to imports Node', () => {
  const seen = new Set<string>()
  const foreign: string[] = []
  const follow = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'([^']+)'/g)) {
      if (target.startsWith('.')) follow(join(dirname(file), target.replace(/\.js$/, '.ts')))
      else foreign.push(`${file}: ${target}`)
    }
  }
  follow(fileURLToPath(new URL('./browser.ts', import.meta.url)))
  expect(foreign).toEqual([])
  expect(seen.size).toBeGreaterThan(30)
})
