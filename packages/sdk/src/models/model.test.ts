import { expect, test } from 'vitest'
import { Action } from './event-handler.js'
import { Task, TaskResult } from './task.js'

test('a model is a class with the original’s map of its attributes', () => {
  const task = new Task()
  task.taskId = 't'
  expect(task).toBeInstanceOf(Task)
  expect(Object.keys(task)).toEqual(['taskId'])
  expect(Task.name).toBe('Task')
  expect(Task.discriminator).toBeUndefined()
  expect(Task.getAttributeTypeMap()).toContainEqual({ name: 'scheduledTime', baseName: 'scheduledTime', type: 'number', format: 'int64' })
  expect(Task.attributeTypeMap).toContainEqual({ name: 'inputData', baseName: 'inputData', type: '{ [key: string]: any; }', format: '' })
  expect(TaskResult.attributeTypeMap).toContainEqual({ name: 'logs', baseName: 'logs', type: 'Array<TaskExecLog>', format: '' })
  expect(Action.attributeTypeMap).toContainEqual({ name: 'failTask', baseName: 'fail_task', type: 'TaskDetails', format: '' })
})
