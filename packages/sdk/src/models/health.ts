import type { JsonMap } from './model.js'

export interface Health {
  details?: JsonMap
  errorMessage?: string
  healthy?: boolean
}

export interface HealthCheckStatus {
  healthy?: boolean
  healthResults?: Health[]
  suppressedHealthResults?: Health[]
}
