import { model } from './model.js'
import type { Task, TaskSummary } from './task.js'
import type { Workflow, WorkflowSummary } from './workflow.js'

interface SearchResult<T> {
  totalHits?: number
  results?: T[]
}

export type SearchResultTask = SearchResult<Task>
export const SearchResultTask = model<SearchResultTask>('SearchResultTask', { totalHits: 'long', results: 'Task[]' })

export type SearchResultTaskSummary = SearchResult<TaskSummary>
export const SearchResultTaskSummary = model<SearchResultTaskSummary>('SearchResultTaskSummary', { totalHits: 'long', results: 'TaskSummary[]' })

export type SearchResultWorkflow = SearchResult<Workflow>
export const SearchResultWorkflow = model<SearchResultWorkflow>('SearchResultWorkflow', { totalHits: 'long', results: 'Workflow[]' })

export type SearchResultWorkflowSummary = SearchResult<WorkflowSummary>
export const SearchResultWorkflowSummary = model<SearchResultWorkflowSummary>('SearchResultWorkflowSummary', {
  totalHits: 'long',
  results: 'WorkflowSummary[]',
})
