/** An open door: what the product is named after. Decoration, hidden from screen readers. */
export function Door() {
  return (
    <svg class="door" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 21h18M6 21V4.5A1.5 1.5 0 0 1 7.5 3H18v18" />
      <path class="leaf" d="M18 3l-7 3v17l7-2z" />
    </svg>
  )
}
