import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { noChromium } from './chromium.ts'

const SCRIPT = new URL('../../../scripts/bench/lighthouse', import.meta.url).pathname
const skip = process.env.MLANGO_TEST_FULL === '1' ? noChromium : 'Lighthouse takes minutes: --full'

interface Looked {
  view: string
  scores: { accessibility: number; 'best-practices': number }
  wanting: string[]
}

describe('Lighthouse', { skip }, () => {
  it('finds nothing wanting on the pages of portal and console', { timeout: 1_200_000 }, () => {
    const { stdout, stderr } = spawnSync(SCRIPT, ['--json'], { encoding: 'utf8', maxBuffer: 16 << 20 })
    assert.notEqual(stdout, '', stderr)
    const { results } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    assert.ok(results.length >= 6, stderr)
    for (const { view, scores, wanting } of results as Looked[]) {
      const said = `${view}: ${wanting.join('; ')}`
      assert.deepEqual([scores.accessibility, scores['best-practices']], [100, 100], said)
      // How long scripts blocked is told by what else the machine does; the bench prints it.
    }
  })
})
