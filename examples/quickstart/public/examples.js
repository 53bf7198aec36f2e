/** What "Fill in an example" fills in, one after the other. */
export const EXAMPLES = [
  {
    type: 'warning',
    title: 'CPU alert',
    message: 'CPU at 90 % on prod-01',
    data: { host: 'prod-01', metric: 'cpu', value: 90 },
  },
  {
    type: 'success',
    title: 'Order received',
    message: 'Two espresso cups, to be sent today',
    data: { event: 'order.created', ref: 'ORD-42' },
  },
  {
    type: 'info',
    title: 'Deploy started',
    message: 'Version 3.2.0 is on its way to staging',
    data: { version: '3.2.0', target: 'staging' },
  },
  {
    type: 'error',
    title: 'Payment failed',
    message: 'The bank did not answer, we try again in a minute',
    data: { event: 'payment.failed', ref: 'PAY-7', attempt: 2 },
  },
]
