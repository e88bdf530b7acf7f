import { model } from './model.js'
import type { Task, TaskSummary } from './task.js'
import type { Workflow, WorkflowSummary } from './workflow.js'

interface SearchResult<T> {
  totalHits?: number
  results?: T[]
}

export interface SearchResultTask extends SearchResult<Task> {}
export const SearchResultTask = model<SearchResultTask>('SearchResultTask', { totalHits: 'long', results: 'Task[]' })

export interface SearchResultTaskSummary extends SearchResult<TaskSummary> {}
export const SearchResultTaskSummary = model<SearchResultTaskSummary>('SearchResultTaskSummary', { totalHits: 'long', results: 'TaskSummary[]' })

export interface SearchResultWorkflow extends SearchResult<Workflow> {}
export const SearchResultWorkflow = model<SearchResultWorkflow>('SearchResultWorkflow', { totalHits: 'long', results: 'Workflow[]' })

export interface SearchResultWorkflowSummary extends SearchResult<WorkflowSummary> {}
export const SearchResultWorkflowSummary = model<SearchResultWorkflowSummary>('SearchResultWorkflowSummary', {
  totalHits: 'long',
  results: 'WorkflowSummary[]',
})
