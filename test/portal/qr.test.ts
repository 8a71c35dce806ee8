import assert from 'node:assert/strict'
import { it } from 'node:test'
import jsQR from 'jsqr'
import { Qr } from '../../portal/qr.tsx'

it('a camera reads from the square what was put into it', () => {
  for (const text of ['http://192.168.88.2:8080/tv/K7M4QX', 'HTTP://WIFI.EXAMPLE/V/4821093755', 'x'.repeat(120)]) {
    assert.equal(read(Qr({ text }).toString()), text)
  }
})

/** Draws the square as a screen does, a few points for each module, and reads it like a camera. */
function read(svg: string): string | undefined {
  const side = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1])
  const scale = 4
  const width = side * scale
  const points = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x, y, run] of svg.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let down = 0; down < scale; down += 1) {
      for (let across = 0; across < Number(run) * scale; across += 1) {
        const at = ((Number(y) * scale + down) * width + Number(x) * scale + across) * 4
        points.fill(0, at, at + 3)
      }
    }
  }
  const readAs = jsQR as unknown as typeof jsQR.default
  return readAs(points, width, width)?.data
}
