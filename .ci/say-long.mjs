// The last line of `npm test`: what is not in it, and what runs that.
console.log(
  'Not run: the long tests (connections and stores that break, churn, power loss, pages in a browser). npm run test:long runs them, as CI does.',
)
