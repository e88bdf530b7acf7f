import type { HttpResponse } from '../http/transport.js'
import type { Call } from './call.js'

/** Judged by the status alone; an empty answer means that there is nothing. */
export function decode<T>(call: Call<T>, response: HttpResponse): T {
  const parsed = parsedAs(call, response)
  return (call.finish ? call.finish(parsed) : parsed) as T
}

function parsedAs(call: Call<unknown>, { headers, text }: HttpResponse): unknown {
  switch (call.answer) {
    case 'nothing':
      return undefined
    case 'text':
      return unquoted(text, headers['content-type'])
    case 'json':
      return text === '' ? undefined : JSON.parse(text)
  }
}

/** An id comes bare from Java servers, even labelled as JSON, and quoted from others. */
function unquoted(text: string, contentType: string | undefined): string {
  if (!contentType?.includes('json') || !text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
