// Prints the number of each line that ajv refuses: ajv_validate.js NODE_MODULES SCHEMA FILE
const { createReadStream, readFileSync } = require('node:fs');
const [modules, schema, file] = process.argv.slice(2);
const Ajv = require(`${modules}/ajv/dist/2020`).default;

const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schema, 'utf8')));

function isValid(line) {
  try {
    return validate(JSON.parse(line));
  } catch {
    return false;
  }
}

(async () => {
  let number = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      number += 1;
      if (!isValid(line)) console.log(number);
    }
  }
})();
