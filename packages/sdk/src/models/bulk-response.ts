export interface BulkResponse {
  bulkErrorResults?: { [id: string]: string }
  bulkSuccessfulResults?: string[]
}
