// Tells what axe finds in this page: the rule, and the elements that break it.
const told = arguments[arguments.length - 1];
const told_of = ({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`;
axe.run(document, { resultTypes: ['violations'] })
  .then(({ violations }) => told(violations.map(told_of)), (error) => told([String(error)]));
