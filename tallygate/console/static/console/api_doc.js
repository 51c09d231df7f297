// The document of an API, shown by Swagger UI; credentials are filled in when one asks for them, and kept nowhere.
(() => {
  "use strict";

  const holder = document.getElementById("api-doc");
  const said = document.querySelector("[data-try-said]");
  const root = document.documentElement;
  let ui;

  function followTheme() {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.classList.toggle("dark-mode", (root.dataset.theme ?? system) === "dark");
  }

  // The renderer puts a link into each operation's button, and the keyboard would stop there twice.
  const plainNames = (system) => ({
    components: { DeepLink: ({ text }) => system.React.createElement("span", null, text) },
  });

  // Names for the fields that the renderer leaves without one, and the keyboard's way into what scrolls.
  function nameFields() {
    for (const field of holder.querySelectorAll("select, textarea, input:not([type=file])")) {
      const labelled = [...field.labels].some((label) => label.textContent !== field.textContent);
      if (labelled || field.ariaLabel) continue;
      const parameter = field.closest("tr")?.querySelector(".parameter__name");
      field.ariaLabel = parameter?.firstChild?.textContent || field.title || field.placeholder || field.id || "Value";
    }
    for (const text of holder.querySelectorAll("pre")) text.tabIndex = 0;
  }
  new MutationObserver(nameFields).observe(holder, { childList: true, subtree: true });

  function show(spec) {
    ui = SwaggerUIBundle({
      spec,
      domNode: holder,
      presets: [SwaggerUIBundle.presets.apis],
      plugins: [plainNames],
      layout: "BaseLayout",
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      filter: true,
      persistAuthorization: false,
      showCommonExtensions: true,
      supportedSubmitMethods: "triedOut" in holder.dataset ? undefined : [],
      tryItOutEnabled: true,
      validatorUrl: "none",
    });
  }

  // What a parameter's field holds at first is its example.
  function filledIn(spec, given) {
    const filled = structuredClone(spec);
    for (const [name, value] of Object.entries(given)) {
      const parameter = filled.components.parameters[name];
      if (parameter) parameter.example = value;
    }
    const form = filled.paths["/transactions.xml"].post.requestBody.content;
    for (const { schema } of Object.values(form)) {
      for (const [name, value] of Object.entries(given)) {
        const field = schema.properties[name] ?? schema.properties[`transactions[0][${name}]`];
        if (field) field.default = value;
      }
    }
    const item = filled.components.schemas.Item;
    const { user_key, app_id } = given;
    item.examples = [{ ...(user_key ? { user_key } : { app_id }), usage: { hits: 1 } }];
    return filled;
  }

  async function ask(form) {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    return answer.json();
  }

  const use = {
    async token(form) {
      ui.preauthorizeApiKey("access_token", (await ask(form)).value);
      return "A token is filled in. The one that was made here before has ended.";
    },
    async credentials(form, spec) {
      const given = await ask(form);
      show(filledIn(spec, given));
      if (given.service_token) ui.preauthorizeApiKey("service_token", given.service_token);
      const application = given.user_key ?? given.app_id;
      return application
        ? "The product's service token and the credentials of an application are filled in."
        : "The product's service token is filled in. It has no live application yet.";
    },
  };

  async function start() {
    const spec = await (await fetch(holder.dataset.document)).json();
    show(spec);
    const form = document.querySelector("form[data-try]");
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        said.textContent = await use[form.dataset.try](form, spec);
      } catch {
        said.textContent = "That did not work. Reload the page and try again.";
      }
    });
  }

  followTheme();
  document.addEventListener("tallygate:theme", followTheme);
  start();
})();
