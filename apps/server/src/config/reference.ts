import { environmentName, leaves } from './config.js'
import { keys } from './keys.js'

/** The reference page of the configuration, as Markdown: made from the keys, so it cannot lag behind them. */
export function configReference(): string {
  const rows = [...leaves(keys)].map(({ path, key }) => {
    const name = key.fromText ? `\`${environmentName(path)}\`` : '–'
    const fallback = typeof key.default === 'object' ? (Array.isArray(key.default) ? '`[]`' : '`{}`') : `\`${JSON.stringify(key.default)}\``
    return `| \`${path.join('.')}\` | ${key.kind.replaceAll('|', '\\|')} | ${fallback} | ${key.unit ?? '–'} | ${name} | ${key.about} |`
  })
  return [
    '# Configuration of the server',
    '',
    'One YAML file (`--config`, or `BUSBAR_CONFIG`), then the environment, then flags: what comes later wins. Unknown keys are refused.',
    'Paths in the file count from its folder. A file of the Strøm server is understood as it stands: `listen: "host:port"`, `workspaces`,',
    '`libraries`, `worker_token` and `recovery` mean the same; `db`, `log_storage` and other storage keys are ignored with a warning.',
    '',
    '| Key | Type | Default | Unit | Environment | Meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
