import { key, read, follow, Refused } from './stream.js';

const $ = (id) => document.getElementById(id);
const eventsShown = 200;
const runsShown = 20;
let current = null;
let following = null;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function link(state) {
  $('link').className = state;
  $('link').textContent = { live: 'live', lost: 'connection lost, trying again' }[state] ?? state;
}

async function guarded(work) {
  try {
    await work();
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 401) $('sign-in').hidden = false;
    link('lost');
    $('link').textContent = fault.message;
  }
}

async function channels() {
  const names = [];
  let after = '';
  do {
    const page = await read(`/v1/channels?limit=500${after && `&after=${encodeURIComponent(after)}`}`);
    names.push(...page.channels.map((channel) => channel.id));
    after = page.next ?? '';
  } while (after && names.length < 2000);

  $('no-channels').hidden = names.length > 0;
  $('channels').replaceChildren(...names.reverse().map((name) => {
    const button = element('button', name);
    button.setAttribute('aria-current', name === current);
    button.onclick = () => open(name);
    const item = element('li');
    item.append(button);
    return item;
  }));
  if (!current && names.length > 0) open(location.hash.slice(1) && names.includes(location.hash.slice(1)) ? location.hash.slice(1) : names[0]);
  if (names.length === 0) link('live');
}

function open(name) {
  current = name;
  location.hash = name;
  following?.abort();
  following = new AbortController();
  for (const button of document.querySelectorAll('#channels button')) button.setAttribute('aria-current', button.textContent === name);
  document.querySelector('main').hidden = false;
  $('channel').textContent = name;
  $('events').replaceChildren();
  guarded(() => show(name, following.signal));
}

async function show(name, signal) {
  const path = `/v1/channels/${encodeURIComponent(name)}`;
  const entries = new Map();
  const start = await read(`${path}/context`);
  for (const [id, entry] of Object.entries(start.entries)) entries.set(id, entry);
  if (signal.aborted) return;
  context(entries, start.version, []);
  await runs(name, signal);
  await metrics(path, signal);
  await follow(`${path}/events`, String(start.version), (event) => {
    const body = event.data.data ?? {};
    if (event.event === 'commit') {
      const changed = [...Object.keys(body.set ?? {}), ...(body.delete ?? [])];
      for (const [id, value] of Object.entries(body.set ?? {})) entries.set(id, { value, version: body.version, writer: body.writer });
      for (const id of body.delete ?? []) entries.delete(id);
      context(entries, body.version, changed);
    }

    if (event.event === 'gap') return open(name);
    if (event.event === 'run' || event.event === 'assignment') later(name, path, signal);
    log(event, body);
  }, link, signal);
}

// Many events may come at once: the runs are read again once for all of them.
let pending = null;
function later(name, path, signal) {
  clearTimeout(pending);
  pending = setTimeout(() => guarded(async () => {
    await runs(name, signal);
    await metrics(path, signal);
  }), 120);
}

function context(entries, version, changed) {
  $('version').textContent = `version ${version}`;
  $('context').replaceChildren(...[...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, entry]) => {
    const row = element('tr', null, changed.includes(id) ? 'fresh' : '');
    const text = JSON.stringify(entry.value);
    row.append(element('td', id), element('td', text.length > 400 ? `${text.slice(0, 400)} …` : text, 'value'), element('td', entry.version), element('td', entry.writer));
    return row;
  }));
}

async function runs(name, signal) {
  let newest = [];
  for (let after = null; after !== undefined;) {
    const page = await read(`/v1/runs?channel=${encodeURIComponent(name)}&limit=500${after ? `&after=${encodeURIComponent(after)}` : ''}`);
    newest = [...newest, ...page.runs].slice(-runsShown);
    after = page.next ?? undefined;
  }

  newest.reverse();
  const full = await Promise.all(newest.map((run) => read(`/v1/runs/${encodeURIComponent(run.run)}`)));
  if (signal.aborted || name !== current) return;
  $('runs').replaceChildren(...(full.length ? full.map(card) : [element('p', 'None yet.', 'dim')]));
}

function card(run) {
  const box = element('div', null, 'run');
  const title = element('p');
  title.append(element('span', run.status, `status ${run.status}`), ` ${run.run} `, element('small', `${Math.round(run.wall_ms)} ms, overhead ${run.coordination_overhead_ms.toFixed(1)} ms, ${run.agents.needed} of ${run.agents.registered} agents needed`));
  box.append(title);
  if (run.problem) box.append(element('p', typeof run.problem === 'string' ? run.problem : run.problem.detail, 'dim'));
  const bars = element('div', null, 'bars');
  const times = run.attempts.flatMap((attempt) => [attempt.started_at, attempt.ended_at]).filter(Boolean).map(Date.parse);
  const from = Math.min(...times);
  const span = Math.max(1, Math.max(...times, run.ended_at ? 0 : Date.now()) - from);
  for (const attempt of run.attempts) {
    bars.append(element('span', `${attempt.step} · ${attempt.agent} · ${attempt.attempt}`));
    const track = element('div', null, 'track');
    if (attempt.started_at) {
      const bar = element('div', null, `bar ${attempt.outcome}`);
      const start = Date.parse(attempt.started_at);
      bar.style.left = `${((start - from) / span) * 100}%`;
      bar.style.width = `${(((attempt.ended_at ? Date.parse(attempt.ended_at) : Date.now()) - start) / span) * 100}%`;
      bar.title = `${attempt.outcome}${attempt.reason ? `: ${attempt.reason}` : ''}, read v${attempt.read_version ?? '–'}, wrote ${attempt.wrote_version ? `v${attempt.wrote_version}` : 'nothing'}`;
      track.append(bar);
    }

    bars.append(track);
  }

  box.append(bars);
  return box;
}

async function metrics(path, signal) {
  const channel = await read(path);
  const numbers = await read(`/v1/networks/${encodeURIComponent(channel.network)}/metrics`);
  if (signal.aborted) return;
  const shown = {
    runs: numbers.runs.total,
    coordination_overhead_ms: numbers.coordination_overhead_ms.p50 === null ? '–' : `p50 ${numbers.coordination_overhead_ms.p50.toFixed(1)}`,
    stale_context_events: numbers.stale_context_events.total,
    cascade_prevented: numbers.cascade_prevented.total,
    agents_actually_needed: numbers.agents_actually_needed.mean === null ? '–' : `${numbers.agents_actually_needed.mean.toFixed(1)} of ${numbers.agents_actually_needed.registered_mean.toFixed(1)}`,
  };
  $('metrics').replaceChildren(...Object.entries(shown).map(([name, value]) => {
    const box = element('div');
    box.append(element('dt', name), element('dd', value));
    return box;
  }));
}

function log(event, body) {
  const line = element('li');
  const text = event.event === 'commit'
    ? `v${body.version} ${body.writer}: ${[...Object.keys(body.set ?? {}), ...(body.delete ?? []).map((id) => `-${id}`)].join(', ')}`
    : Object.entries(body).filter(([, value]) => value !== null && value !== '').map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(',') : value}`).join(' · ');
  line.append(element('span', event.event, 'kind'), text);
  $('events').prepend(line);
  while ($('events').childElementCount > eventsShown) $('events').lastElementChild.remove();
}

$('sign-in').onsubmit = (event) => {
  event.preventDefault();
  key.set($('key').value);
  $('sign-in').hidden = true;
  guarded(channels);
};
guarded(channels);
setInterval(() => document.visibilityState === 'visible' && guarded(channels), 10000);
