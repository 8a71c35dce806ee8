import { correction, generate } from 'lean-qr'

/** Light all around it, in modules: without it cameras do not find the code. */
const QUIET = 4

/** A QR code, always dark on light. Hidden from screen readers: what it says stands beside it. */
export function Qr({ text }: { text: string }) {
  const code = generate(text, { minCorrectionLevel: correction.M })
  const side = code.size + 2 * QUIET
  let path = ''
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      let run = 0
      while (code.get(x + run, y)) run += 1
      if (run > 0) path += `M${x + QUIET} ${y + QUIET}h${run}v1h-${run}z`
      x += run
    }
  }
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} aria-hidden="true">
      <path d={path} />
    </svg>
  )
}
