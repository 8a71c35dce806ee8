import { fetchCommand } from './routeros-text.ts'

const FILE = 'mlango-adopt.rsc'

/** One line for the router's terminal: fetches the script, runs it, and leaves no file with secrets behind. */
export function connectivityLine(scriptUrl: string): string {
  return `${fetchCommand(scriptUrl)} dst-path=${FILE}; :delay 1s; /import ${FILE}; /file remove ${FILE}`
}
