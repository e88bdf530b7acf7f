/**
 * Two families of paths (conductor-client.md §4.1). The main line's work on every Conductor server but the Swift fork's,
 * the Swift names only there. Busbar serves both.
 */
export type PathFamily = 'main' | 'swift'

const swiftNames: readonly (readonly [main: RegExp, swift: string])[] = [
  [/^\/tasks\/queue\/polldata/, '/task/queue/poll-data'],
  [/^\/tasks(?=\/|$)/, '/task'],
  [/^\/metadata\/taskdefs(?=\/|$)/, '/metadata/taskdef'],
  [/^\/metadata\/workflow(?=\/|$)/, '/metadata/workflowdef'],
  [/\/resetcallbacks$/, '/reset-callbacks'],
  [/\/skiptask\//, '/skip-task/'],
  [/\/externalstoragelocation$/, '/external-storage-location'],
  [/\/verifyAndRepair\//, '/verify-and-repair/'],
  [/^\/queue\/$/, '/queue'],
]

const swiftTemplates = new Map<string, string>()

export function templateIn(family: PathFamily, template: string): string {
  if (family === 'main') return template
  const known = swiftTemplates.get(template)
  if (known !== undefined) return known
  const renamed = swiftNames.reduce((path, [main, swift]) => path.replace(main, swift), template)
  swiftTemplates.set(template, renamed)
  return renamed
}
