import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { type Config, type ConfigSource, openConfigSource, USUAL_CONFIG_FILE } from '../config.ts'

/** The service's environment (`EnvironmentFile=` of the unit), so that a command reads what the daemon reads. */
const SERVICE_ENVIRONMENT_FILE = '/etc/mlango/environment'

/** The file named by --config, else the usual one where there is one; the environment lies over it. */
export const findConfig = (file: string | undefined): Config => findConfigSource(file).read({})

export function findConfigSource(file: string | undefined): ConfigSource {
  const found = file ?? (existsSync(USUAL_CONFIG_FILE) ? USUAL_CONFIG_FILE : undefined)
  const ofService = found === USUAL_CONFIG_FILE ? readServiceEnvironment() : {}
  return openConfigSource(found, { ...ofService, ...process.env })
}

/** systemd reads it as root and hands it to the daemon, which need not be able to; others without that right have none to the data. */
function readServiceEnvironment(): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(SERVICE_ENVIRONMENT_FILE, 'utf8'))
  } catch {
    return {}
  }
}
