import { read } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { HealthCheckStatus } from '../models/health.js'

export type HealthCheckResourceApi = Resource<typeof healthCheckOperations>

export const healthCheckOperations = {
  doCheck: () => read<HealthCheckStatus>('/health'),
}
