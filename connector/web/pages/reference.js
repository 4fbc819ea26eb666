// Shows /openapi.json; every operation can be sent at once. No request goes to another host.
SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("reference"),
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  filter: true,
  syntaxHighlight: { activated: true },
  tryItOutEnabled: true,
  validatorUrl: null,
});

// Every field of the dialog asks for the focus and the last one gets it; a person begins with the first.
document.addEventListener("click", (event) => {
  if (event.target.closest(".btn.authorize")) {
    setTimeout(() => document.querySelector(".auth-container input")?.focus(), 100);
  }
});
