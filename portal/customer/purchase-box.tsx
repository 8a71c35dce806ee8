/** What is bought, for how much, and which phone pays. */
export function PurchaseBox(props: { packageName: string; price: string; phoneMasked: string }) {
  const { packageName, price, phoneMasked } = props
  return (
    <dl class="box">
      <div class="row">
        <dt>{packageName}</dt>
        <dd class="nb">{price}</dd>
      </div>
      <div class="row">
        <dt>M-PESA</dt>
        <dd class="nb">{phoneMasked}</dd>
      </div>
    </dl>
  )
}
