import { describeTarget } from '../http/transport-error.js'
import type { HttpRequest, HttpResponse } from '../http/transport.js'
