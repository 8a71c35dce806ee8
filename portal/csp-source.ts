import { createHash } from 'node:crypto'

/** The CSP source expression that lets exactly this inline script or style run: `'sha256-...'`, quotes included. */
export function cspSource(inlineText: string): string {
  return `'sha256-${createHash('sha256').update(inlineText).digest('base64')}'`
}
