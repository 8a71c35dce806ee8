import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GrantRow } from '../../src/access/grant-table.ts'
import type { GrantTerms } from '../../src/access/network-terms.ts'
import { rateLimitText } from '../../src/radius/rate-limit-text.ts'

const say = (grant: Partial<GrantRow>, terms?: Partial<GrantTerms>) =>
  rateLimitText({ upKbps: null, downKbps: null, usedBytes: 0, ...grant } as GrantRow, terms as GrantTerms | undefined)

test('the customer’s upload comes first, as the router sees it', () => {
  assert.equal(say({ upKbps: 512, downKbps: 2048 }), '512k/2048k')
  assert.equal(say({ downKbps: 2048 }), '0k/2048k')
  assert.equal(say({}), undefined)
})

test('a burst lasts as long as it was sold for: the router counts an average over a longer window', () => {
  const burst = { burstUpKbps: 1024, burstDownKbps: 8192, burstSeconds: 10, fairUseBytes: null }
  assert.equal(say({ upKbps: 512, downKbps: 2048 }, burst), '512k/2048k 1024k/8192k 512k/2048k 20/40')
  assert.equal(
    say({ upKbps: 512, downKbps: 2048 }, { ...burst, burstUpKbps: null }),
    '512k/2048k 512k/8192k 512k/2048k 10/40',
  )
})

test('after the fair-use cap the slower speed holds, without a burst', () => {
  const terms = { fairUseBytes: 1000, fairUseDownKbps: 256, fairUseUpKbps: null, burstDownKbps: 9000, burstSeconds: 5 }
  assert.equal(say({ upKbps: 512, downKbps: 2048, usedBytes: 1000 }, terms), '512k/256k')
  assert.match(say({ upKbps: 512, downKbps: 2048, usedBytes: 999 }, terms) ?? '', /9000k/)
})
