import { simple, sub, taskDef, workflow } from '../testing/build.js'
import { runScenarios } from '../testing/run-scenarios.js'

const needs = (name: string) => ({ type: 'JSON', name: 's', version: 1, data: { type: 'object', required: [name] } })

runScenarios('Schemas', [
  {
    title: 'a workflow that completes with an output its schema does not allow has failed',
    workflows: [workflow('w', [simple('a')], { outputSchema: needs('total') })],
    steps: [
      { work: 'a', output: { sum: 1 } },
      { see: 'FAILED: a COMPLETED' },
      { reason: 'The output of workflow w does not fit its schema: $: expected "total", found none' },
    ],
  },
  {
    title: 'nothing is enforced where the definition says so',
    workflows: [workflow('w', [simple('a')], { outputSchema: needs('total'), inputSchema: needs('x'), enforceSchema: false })],
    steps: [{ work: 'a' }, { see: 'COMPLETED: a COMPLETED' }],
  },
  {
    title: 'a task whose input does not fit fails before anybody gets it',
    taskDefs: [taskDef('a', { inputSchema: needs('x'), enforceSchema: true })],
    workflows: [workflow('w', [simple('a', { y: 1 })])],
    steps: [{ see: 'FAILED: a FAILED_WITH_TERMINAL_ERROR' }, { reason: 'The input of task a does not fit its schema: $: expected "x", found none', of: 'a' }],
  },
  {
    title: 'a result that does not fit is a failure like others: it is tried again',
    taskDefs: [taskDef('a', { outputSchema: needs('x'), enforceSchema: true, retryCount: 1 })],
    workflows: [workflow('w', [simple('a')])],
    steps: [
      { work: 'a', output: { y: 1 } },
      { see: 'RUNNING: a FAILED, a#1 SCHEDULED' },
      { work: 'a', output: { x: 1 } },
      { see: 'COMPLETED: a FAILED, a#1 COMPLETED' },
    ],
  },
  {
    title: 'a child whose input does not fit is not started, and its task fails',
    workflows: [workflow('w', [sub('s', 'child', { y: 1 })]), workflow('child', [simple('c')], { inputSchema: needs('x') })],
    steps: [{ see: 'FAILED: s FAILED' }, { reason: 'The input of workflow child does not fit its schema: $: expected "x", found none', of: 's' }],
  },
])
