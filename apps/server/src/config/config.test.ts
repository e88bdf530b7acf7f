import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environmentName, leaves, loadConfig } from './config.js'
import { keys } from './keys.js'
import { configReference } from './reference.js'

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'busbar-config-')), 'busbar.yaml')
  writeFileSync(path, text)
  return path
}

describe('configuration', () => {
  it('is complete without any source', () => {
    const { config, warnings } = loadConfig()
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(config.data).toBe('./.busbar')
    expect(warnings).toEqual([])
  })

  it('lets flags win over the environment, and the environment over the file', () => {
    const file = fileOf('listen: {port: 1}\nlog: {level: error}\nrecovery: {heartbeatTimeoutSeconds: 60}')
    const { config } = loadConfig({ file, environment: { BUSBAR_LISTEN_PORT: '2', BUSBAR_LOG_LEVEL: 'warn' }, flags: { listen: { port: 3 } } })
    expect([config.listen.port, config.log.level, config.recovery.heartbeatTimeoutSeconds]).toEqual([3, 'warn', 60])
  })

  it('refuses an unknown key by its name, and suggests the nearest one', () => {
    expect(() => loadConfig({ file: fileOf('listen: {prot: 1}') })).toThrow('"listen.prot" is unknown: did you mean "listen.port"?')
    expect(() => loadConfig({ file: fileOf('zzzzzz: 1') })).toThrow(/"zzzzzz" is unknown: known are listen, /)
  })

  it('says what was expected and what was found', () => {
    expect(() => loadConfig({ file: fileOf('listen: {port: 70000}') })).toThrow('"listen.port": expected a whole number from 0 to 65535, found 70000')
    expect(() => loadConfig({ environment: { BUSBAR_LISTEN_PORT: 'many' } })).toThrow('"listen.port": expected a whole number from 0 to 65535, found "many"')
    expect(() => loadConfig({ file: fileOf('workspaces: {a: {type: git, url: x}}') })).toThrow(/"a" has no path/)
  })

  it('counts paths of the file from the folder of the file', () => {
    const file = fileOf('data: d\nworkspaces: {a: {type: folder, path: w}}')
    const { config } = loadConfig({ file })
    expect(config.data).toBe(join(file, '..', 'd'))
    expect(config.workspaces['a']?.path).toBe(join(file, '..', 'w'))
  })

  it('understands a configuration file of the Strøm server, and warns of what it leaves out', () => {
    const file = fileOf(
      'listen: "127.0.0.1:8180"\ndb: {url: x}\nlog_storage: {local_dir: y}\nworker_token: t\nrecovery: {heartbeat_timeout_secs: 30, sweep_interval_secs: 5}\n' +
        'workspaces: {flows: {type: folder, path: workspaces/flows}}\nlibraries: {kit: {type: folder, path: workspaces/kit}}',
    )
    const { config, warnings } = loadConfig({ file })
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8180 })
    expect(config.workerToken).toBe('t')
    expect(config.recovery).toMatchObject({ heartbeatTimeoutSeconds: 30, sweepIntervalSeconds: 5 })
    expect(Object.keys(config.libraries)).toEqual(['kit'])
    expect(warnings).toHaveLength(2)
  })

  it('does not leave out the authentication of a Strøm server in silence', () => {
    expect(() => loadConfig({ file: fileOf('auth: {jwt_secret: x}') })).toThrow('"auth" of a Strøm server is not built yet')
  })

  it('warns of a variable that was meant for it and is none', () => {
    expect(loadConfig({ environment: { BUSBAR_LISTEN_PROT: '1', BUSBAR_INPUT_NAME: 'x', PATH: '/' } }).warnings).toEqual([
      'the environment variable BUSBAR_LISTEN_PROT is no setting of the server: did you mean BUSBAR_LISTEN_PORT?',
    ])
  })

  it('takes the plain DATABASE_URL of hosting platforms, and a name of its own before it', () => {
    const plain = { DATABASE_URL: 'postgres://plain/db' }
    expect(loadConfig({ environment: plain }).config.databaseUrl).toBe('postgres://plain/db')
    expect(loadConfig({ environment: { ...plain, BUSBAR_DATABASE_URL: 'own.db' } }).config.databaseUrl).toBe('own.db')
    expect(loadConfig({ environment: { DATABASE_URL: '' } }).config.databaseUrl).toBe('')
    expect(loadConfig({ file: fileOf('databaseUrl: file.db'), environment: plain }).config.databaseUrl).toBe('postgres://plain/db')
  })

  it('shows no address, token or password in what it refuses', () => {
    const refusal = (file: string) => {
      try {
        loadConfig({ file: fileOf(file) })
      } catch (error) {
        return (error as Error).message
      }
      return 'nothing was refused'
    }
    expect(refusal('databaseUrl: {url: "postgres://u:s3cret@h/db"}')).toBe(
      'the configuration key "databaseUrl": expected a text, found a value that is not shown',
    )
    expect(refusal('workerToken: [s3cret]')).not.toContain('s3cret')
    expect(refusal('events: {amqp: ["amqp://u:s3cret@h"]}')).not.toContain('s3cret')
  })

  it('is frozen to the last member', () => {
    const { config } = loadConfig()
    expect(Object.isFrozen(config) && Object.isFrozen(config.listen) && Object.isFrozen(config.allowedHosts)).toBe(true)
  })
})

describe('the reference page', () => {
  it('names every key, its environment variable and its sentence', () => {
    const page = configReference()
    for (const { path, key } of leaves(keys)) {
      expect(page).toContain(`\`${path.join('.')}\``)
      expect(page).toContain(key.about)
      if (key.fromText) expect(page).toContain(environmentName(path))
    }
  })
})
