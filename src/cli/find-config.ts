import { existsSync } from 'node:fs'
import { type Config, loadConfig, USUAL_CONFIG_FILE } from '../config.ts'

/** The file named by --config, else the usual one where there is one; the environment lies over it. */
export function findConfig(file: string | undefined): Config {
  return loadConfig(file ?? (existsSync(USUAL_CONFIG_FILE) ? USUAL_CONFIG_FILE : undefined), process.env)
}
