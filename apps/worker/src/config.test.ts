import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, configPath, loadConfig, readConfig } from './config.js'

const seed = `server_url: "http://localhost:8080"
worker_token: "your-worker-token"
worker_name: "worker-1"
max_concurrent: 4
poll_interval_secs: 2
workspace_dir: "/tmp/stroem-workspace"
capabilities:
  - shell
`
const minimal = {
  server_url: 'http://127.0.0.1:1/',
  worker_token: 'x'.repeat(32),
  worker_name: 'w',
  max_concurrent: 1,
  poll_interval_secs: 1,
  workspace_cache_dir: 'cache',
}

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'busbar-worker-config-')), 'worker-config.yaml')
  writeFileSync(path, text)
  return path
}

describe('the configuration file', () => {
  it('of the first workers is understood as it stands, with a word about its old names', () => {
    const { config, warnings } = loadConfig(file(seed), {})
    expect(config).toMatchObject({
      serverUrl: 'http://localhost:8080',
      workerName: 'worker-1',
      maxConcurrent: 4,
      pollIntervalMs: 2000,
      workspaceCacheDir: '/tmp/stroem-workspace',
      capabilities: ['script'],
    })
    expect(warnings.join('\n')).toMatch(/workspace_dir.*\n.*17 characters.*\n.*shell/)
  })

  it('is overruled by the environment', () => {
    const { config } = loadConfig(file(seed), { STROEM__MAX_CONCURRENT: '9', STROEM__WORKER_NAME: 'other', STROEM__EXCLUSIVE: 'true' })
    expect(config).toMatchObject({ maxConcurrent: 9, workerName: 'other', exclusive: true })
  })

  it('is found by the flag, then the variable, then its usual name', () => {
    expect(configPath('a.yaml', { STROEM_CONFIG: 'b.yaml' })).toBe('a.yaml')
    expect(configPath(undefined, { STROEM_CONFIG: 'b.yaml' })).toBe('b.yaml')
    expect(configPath(undefined, {})).toBe('worker-config.yaml')
  })

  it('makes a relative cache folder absolute and drops a slash at the end of the URL', () => {
    const { config } = readConfig(minimal, 'test')
    expect(config.workspaceCacheDir).toMatch(/^\/.*cache$/)
    expect(config.serverUrl).toBe('http://127.0.0.1:1')
  })

  it.each([
    [{ ...minimal, max_concurent: 3 }, "unknown key 'max_concurent'"],
    [{ ...minimal, max_concurrent: 0 }, 'max_concurrent must be a whole number from 1 to 10000, found 0'],
    [{ ...minimal, server_url: 'localhost' }, "server_url must be an http or https URL, found 'localhost'"],
    [{ ...minimal, worker_name: undefined }, 'worker_name must be text, found nothing'],
    [{ ...minimal, capabilities: [] }, 'capabilities is empty'],
    [{ ...minimal, capabilities: ['script', 'docker'] }, "the capability 'docker' is not built yet"],
    [{ ...minimal, capabilities: ['scripts'] }, "unknown capability 'scripts'"],
    [{ ...minimal, tags: ['script'] }, "tags must not contain 'script'"],
  ])('with a mistake is refused in one sentence: %#', (raw, message) => {
    expect(() => readConfig(raw, 'test')).toThrow(ConfigError)
    expect(() => readConfig(raw, 'test')).toThrow(message)
  })

  it('that is missing or no YAML is named', () => {
    expect(() => loadConfig('/nowhere/worker-config.yaml', {})).toThrow(/cannot be read \(ENOENT\)/)
    expect(() => loadConfig(file('a: [1'), {})).toThrow(/not valid YAML/)
    expect(() => loadConfig(file('- a'), {})).toThrow(/expected keys and values/)
  })
})
