// The editor of a questionnaire: menus in front of keys and codes, fields that a type needs, and
// findings beside their blocks. What is stored stays in Wagtail's own fields, which are hidden.
const { Controller } = window.StimulusModule;
const { app } = window.wagtail;
const json = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");
const settings = json("questionnaire-editor-settings");
const { words, fitting, needed, wayOut, yesNo } = settings;
const say = (name, values = {}) =>
  (words[name] ?? name).replace(/\{(\w+)\}/g, (_whole, key) => values[key] ?? "");
const one = (value) => (Array.isArray(value) ? value[0] : value);
const make = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside);
  return made;
};

// What is in the editor now: every question that has answers, page by page.

const said = (text) => (text?.[settings.language] || text?.en || text?.fr || "").trim() || "…";
const codesOf = (question, type) => {
  const found = (question.options || []).map(({ value }) => ({
    code: value.code || "",
    label: said(value.label),
  }));
  if (type === "yes_no") return found.length ? withWayOut(found, true) : yesNo;
  return withWayOut(found, wayOut.types.includes(type) && question.prefer_not);
};
const withWayOut = (codes, offered) =>
  offered && !codes.some(({ code }) => code === wayOut.code)
    ? [...codes, { code: wayOut.code, label: wayOut.label }]
    : codes;
const questionsOf = ({ id, value }) => {
  const type = one(value.type);
  if (type !== "grid") {
    return [{ id, type, key: value.key || "", label: said(value.label), codes: codesOf(value, type) }];
  }
  return (value.rows || []).map((row) => ({
    id,
    type: one(value.row_type),
    key: row.value.key || "",
    label: `${said(value.label)} ${said(row.value.label)}`,
    codes: codesOf(value, "grid"),
  }));
};
const outline = () =>
  (document.getElementById("body-root")?.rootBlock?.getState() || []).map(({ id, value }, at) => ({
    id,
    key: value.key || "",
    title: say("page", { number: at + 1, title: said(value.title) }),
    questions: (value.questions || []).flatMap(questionsOf),
  }));

let now = [];
let mark = "";
const look = () => {
  const pages = outline();
  const found = JSON.stringify(pages);
  if (found === mark) return;
  [now, mark] = [pages, found];
  document.dispatchEvent(new CustomEvent("survey-outline"));
};
let waiting = 0;
const lookSoon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 200);
};
for (const kind of ["input", "change", "click"]) document.addEventListener(kind, lookSoon);

const asked = (key) => now.flatMap((page) => page.questions).find((one) => one.key === key);
const pageOf = (element) => {
  const blocks = [];
  let block = element.closest("[data-streamfield-child]");
  while (block) {
    blocks.push(block);
    block = block.parentElement.closest("[data-streamfield-child]");
  }
  return blocks.length ? blocks[blocks.length - 1].dataset.contentpath : "";
};
const changed = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));
const part = (element, name) => element.querySelector(`:scope > [data-contentpath="${name}"]`);

// A rule in words.

const quoted = (question, codes) => {
  const answers = Object.fromEntries((question?.codes || []).map((one) => [one.code, one.label]));
  return codes.map((code) => answers[code] || code).join(", ");
};
const inWords = (rule) => {
  const [[name, operands]] = Object.entries(rule);
  if (name === "and" || name === "or") {
    const parts = operands.map(inWords);
    return parts.length > 1 ? parts.join(` ${say(name)} `) : parts.join("");
  }
  if (name === "not") return say("not", { rule: inWords(operands[0]) });
  const isAnswer = (side) => side !== null && typeof side === "object" && !Array.isArray(side);
  const left = operands.find(isAnswer);
  const others = operands.filter((side) => side !== left).flat().map(String);
  const key = left?.answer ?? left?.count?.answer;
  const question = asked(key);
  const label = question?.label ?? key;
  const subject = left?.count
    ? say("count", { question: label })
    : key !== undefined
      ? label
      : say(left && "channel" in left ? "channel" : "language");
  const form = {
    "==": "is",
    in: "any",
    "any-in": "any",
    "all-in": "all",
    ">=": "at_least",
    "<=": "at_most",
    ">": "more",
    "<": "less",
  }[name];
  const values = { question: subject, answers: quoted(question, others) };
  if (name === "!=") return say("not", { rule: say("is", values) });
  return form ? say(form, values) : JSON.stringify(rule);
};
const readRule = (text) => {
  try {
    return inWords(JSON.parse(text));
  } catch {
    return text;
  }
};

// One test: which question, which answers.

app.register(
  "survey-test",
  class extends Controller {
    connect() {
      this.key = part(this.element, "question")?.querySelector("input");
      this.kind = part(this.element, "test")?.querySelector("select");
      this.codes = part(this.element, "answers")?.querySelector("input");
      if (!this.key || !this.kind || !this.codes) return;
      this.kinds = [...this.kind.options].filter((option) => option.value);
      this.menu = make("select", { id: `${this.key.id}-menu`, required: true });
      this.ticks = make("div", { role: "group", class: "questionnaire-ticks" });
      this.replace(this.key, this.menu);
      this.replace(this.codes, this.ticks);
      this.refresh = this.refresh.bind(this);
      this.menu.addEventListener("change", () => this.pick());
      this.kind.addEventListener("change", () => this.refresh());
      this.ticks.addEventListener("change", (event) => this.tick(event));
      document.addEventListener("survey-outline", this.refresh);
      look();
      this.refresh();
    }

    disconnect() {
      document.removeEventListener("survey-outline", this.refresh);
    }

    replace(field, control) {
      const label = field.closest("[data-contentpath]").querySelector("label");
      field.type = "hidden";
      field.after(control);
      if (control.id) {
        label?.setAttribute("for", control.id);
      } else if (label) {
        label.removeAttribute("for");
        label.id = `${field.id}-label`;
        control.setAttribute("aria-labelledby", label.id);
      }
    }

    get chosen() {
      return this.codes.value.split(" ").filter(Boolean);
    }

    pick() {
      this.key.value = this.menu.value;
      const known = new Set(asked(this.key.value)?.codes.map(({ code }) => code));
      this.codes.value = this.chosen.filter((code) => known.has(code)).join(" ");
      this.refresh();
      changed(this.key);
    }

    tick(event) {
      event.stopPropagation();
      const boxes = [...this.ticks.querySelectorAll("input:checked")];
      this.codes.value = boxes.map((box) => box.value).join(" ");
      changed(this.codes);
    }

    refresh() {
      this.showQuestions();
      this.showTests();
      this.showAnswers();
    }

    showQuestions() {
      const own = now.findIndex(({ id }) => id === pageOf(this.element));
      const before = own < 0 ? now : now.slice(0, own);
      const key = this.key.value;
      const groups = before.flatMap(({ title, questions }) => {
        const offered = questions.filter(({ type }) => type in fitting);
        if (!offered.length) return [];
        return make("optgroup", { label: title }, ...offered.map((one) => this.question(one)));
      });
      const isOffered = before.some((page) =>
        page.questions.some((one) => one.key === key && one.type in fitting),
      );
      const empty = say(groups.length ? "pick" : "none_before");
      const first = [make("option", { value: "" }, empty)];
      if (key && !isOffered) {
        const other = asked(key);
        const label = other
          ? say("not_before", { label: other.label })
          : say("gone", { key });
        first.push(make("option", { value: key }, label));
      }
      this.put(this.menu, [...first, ...groups]);
      this.menu.value = key;
    }

    question({ key, label }) {
      return key
        ? make("option", { value: key }, label)
        : make("option", { value: "", disabled: true }, say("unnamed", { label }));
    }

    showTests() {
      const question = asked(this.key.value);
      const fits = fitting[question?.type] || this.kinds.map(({ value }) => value);
      const offered = this.kinds.filter(
        ({ value }) => fits.includes(value) || (!question && value === this.kind.value),
      );
      const before = this.kind.value;
      this.kind.replaceChildren(...offered);
      this.kind.value = fits.includes(before) ? before : fits[0];
      if (this.kind.value !== before && question) changed(this.kind);
      const isNumber = ["at_least", "at_most", "count_at_least"].includes(this.kind.value);
      part(this.element, "test").hidden = !this.key.value;
      part(this.element, "answers").hidden = !this.key.value || isNumber;
      part(this.element, "number").hidden = !this.key.value || !isNumber;
    }

    showAnswers() {
      const known = asked(this.key.value)?.codes || [];
      const gone = this.chosen.filter((code) => !known.some((one) => one.code === code));
      const lines = [
        ...known.map(({ code, label }) => this.answer(code, code ? label : say("unnamed", { label }))),
        ...gone.map((code) => this.answer(code, say("gone", { key: code }))),
      ];
      if (!lines.length) lines.push(make("p", {}, say("no_answers")));
      this.put(this.ticks, lines);
      const chosen = new Set(this.chosen);
      for (const box of this.ticks.querySelectorAll("input")) box.checked = chosen.has(box.value);
    }

    answer(code, label) {
      const box = make("input", { type: "checkbox", value: code, disabled: !code });
      return make("label", {}, box, " ", label);
    }

    // The same lines are left alone, so that nobody loses their place in them.
    put(holder, lines) {
      const fresh = make(holder.localName, {}, ...lines);
      if (fresh.innerHTML !== holder.innerHTML) holder.replaceChildren(...fresh.childNodes);
    }
  },
);

// When something is asked: its tests, or a rule that was brought in and that no menu can say.

app.register(
  "survey-condition",
  class extends Controller {
    connect() {
      this.rule = part(this.element, "rule")?.querySelector("textarea");
      if (!this.rule) return;
      this.kept = this.rule.value;
      this.show = this.show.bind(this);
      this.later = () => setTimeout(this.show, 250);
      const heading = this.element.closest("[data-panel]")?.querySelector("[data-panel-heading]");
      this.summary = make("span", { class: "questionnaire-condition__words" });
      heading?.append(" ", this.summary);
      this.told = make("p", { class: "questionnaire-condition__rule" });
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", (event) => {
        event.stopPropagation();
        this.rule.value = box.checked ? "" : this.kept;
        this.show();
        changed(this.rule);
      });
      this.rule.hidden = true;
      this.rule.after(this.told, make("label", {}, box, " ", say("discard")));
      const field = part(this.element, "rule");
      field.hidden = !this.kept;
      field.querySelector("label")?.removeAttribute("for");
      document.addEventListener("survey-outline", this.show);
      this.element.addEventListener("change", this.later);
      this.element.addEventListener("click", this.later);
      look();
      this.show();
    }

    disconnect() {
      document.removeEventListener("survey-outline", this.show);
      this.summary?.remove();
    }

    get tests() {
      return [...this.element.querySelectorAll('[data-controller~="survey-test"]')].filter(
        (test) => {
          const child = test.closest("[data-streamfield-child]");
          return !child.querySelector(':scope > [name$="-deleted"]').value;
        },
      );
    }

    show() {
      const stands = Boolean(this.rule.value);
      part(this.element, "tests").hidden = stands;
      part(this.element, "match").hidden = stands || this.tests.length < 2;
      if (this.kept) this.told.textContent = say("brought_in", { rule: readRule(this.kept) });
      const match = part(this.element, "match").querySelector("select")?.value;
      const rule = stands
        ? readRule(this.rule.value)
        : this.tests
            .map((test) => this.testInWords(test))
            .filter(Boolean)
            .join(` ${say(match === "any" ? "or" : "and")} `);
      this.summary.textContent = rule ? say("only_if", { rule }) : say("everybody");
    }

    testInWords(test) {
      const key = part(test, "question").querySelector("input").value;
      if (!key) return "";
      const kind = part(test, "test").querySelector("select").value;
      const codes = part(test, "answers").querySelector("input").value.split(" ").filter(Boolean);
      const number = part(test, "number").querySelector("input").value;
      const question = asked(key);
      const isNumber = ["at_least", "at_most", "count_at_least"].includes(kind);
      const form = kind === "any" && codes.length === 1 ? "is" : kind;
      return say(form, {
        question: question?.label ?? key,
        answers: isNumber ? number : quoted(question, codes),
      });
    }
  },
);

// A question shows the fields that its type needs.

app.register(
  "survey-question",
  class extends Controller {
    connect() {
      this.type = part(this.element, "type")?.querySelector("select");
      if (!this.type) return;
      this.type.addEventListener("change", () => this.show());
      this.show();
    }

    show() {
      this.element.dataset.type = this.type.value;
      for (const [name, types] of Object.entries(needed)) {
        const field = part(this.element, name);
        if (field) field.hidden = !types.includes(this.type.value);
      }
    }
  },
);

// Findings: told at the top, and again at the block they concern.

app.register(
  "survey-findings",
  class extends Controller {
    static targets = ["finding"];

    static values = { url: String };

    connect() {
      this.place = this.place.bind(this);
      // The blocks are drawn after this panel.
      requestAnimationFrame(this.place);
    }

    async refresh(event) {
      const number = event.detail?.response?.pk;
      if (number) this.urlValue = this.urlValue.replace("/0/", `/${number}/`);
      this.asking?.abort();
      this.asking = new AbortController();
      try {
        const answer = await fetch(this.urlValue, { signal: this.asking.signal });
        if (!answer.ok) return;
        const open = this.element.querySelector("details")?.open;
        this.element.innerHTML = await answer.text();
        const list = this.element.querySelector("details");
        if (list) list.open = Boolean(open);
        requestAnimationFrame(this.place);
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    }

    place() {
      this.fillNames();
      const old = document.querySelectorAll(".questionnaire-findings, .questionnaire-below");
      old.forEach((list) => list.remove());
      const below = new Map();
      for (const finding of this.findingTargets) {
        const panel = this.panelOf(finding.dataset);
        if (!panel) continue;
        finding.querySelector("a").href = `#${panel.id}`;
        this.listAt(panel).append(this.copyOf(finding));
        const around = panel.parentElement.parentElement;
        const page = around.closest("[data-streamfield-child] > [data-panel]");
        if (page) below.set(page, (below.get(page) || 0) + 1);
      }
      for (const [page, count] of below) {
        const note = make("p", { class: "questionnaire-below" }, say("below", { count }));
        page.querySelector(":scope > .w-panel__header").after(note);
      }
    }

    // By its id; a block that the editor never saved has another each time, and goes by its name.
    panelOf({ block, section, question }) {
      const page = now.find((one) => section && one.key === section);
      const named = question ? asked(question) : page;
      const ids = [block, named?.id, page?.id].filter(Boolean);
      return ids.map((id) => document.getElementById(`block-${id}-section`)).find(Boolean);
    }

    listAt(panel) {
      let list = panel.querySelector(":scope > .questionnaire-findings");
      if (!list) {
        const id = `${panel.id}-findings`;
        list = make("ul", { class: "questionnaire-findings", id });
        panel.querySelector(":scope > .w-panel__header").after(list);
        panel.querySelector("[data-panel-toggle]").setAttribute(
          "aria-describedby",
          `${panel.getAttribute("aria-labelledby")} ${id}`,
        );
      }
      return list;
    }

    copyOf(finding) {
      const [kind, sentence] = [finding.querySelector("b"), finding.querySelector("a")];
      return make(
        "li",
        { "data-kind": finding.dataset.kind },
        make("b", {}, kind.textContent),
        ` ${sentence.textContent}`,
      );
    }

    // A block that was saved meanwhile has its name by now, and a copy has one of its own: the
    // menus can offer both. What somebody typed is left alone.
    fillNames() {
      const named = Object.entries(json("questionnaire-editor-names") || {})
        .map(([id, name]) => ({ name, field: this.fieldOf(id) }))
        .filter(({ field }) => field);
      // Answers of different questions may have one code.
      const marks = named.map(({ field: { id, value } }) =>
        id.endsWith("-code") ? `${id.replace(/-\d+-value-code$/, "")} ${value}` : value,
      );
      // A name that was made while somebody typed grows with the words.
      named.forEach(({ name, field }, at) => {
        const isCopy = marks.indexOf(marks[at]) !== marks.lastIndexOf(marks[at]);
        const isOurs = !field.value || field.value === field.dataset.given;
        if (field === document.activeElement || !(isOurs || isCopy)) return;
        field.value = name;
        field.dataset.given = name;
      });
      look();
    }

    fieldOf(id) {
      const mark = document.querySelector(`#body-root input[name$="-id"][value="${id}"]`);
      const prefix = mark?.name.replace(/-id$/, "-value");
      return ["key", "code"].map((name) => document.getElementById(`${prefix}-${name}`)).find(Boolean);
    }

    open(event) {
      const panel = document.querySelector(event.currentTarget.getAttribute("href"));
      if (!panel) return;
      event.preventDefault();
      let inner = panel.querySelector(":scope > .w-panel__content");
      while (inner) {
        const toggle = document.querySelector(`[aria-controls="${inner.id}"][data-panel-toggle]`);
        if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
        inner = inner.parentElement.closest(".w-panel__content");
      }
      panel.scrollIntoView({ block: "start" });
      panel.querySelector("[data-panel-toggle]").focus({ preventScroll: true });
    }
  },
);
