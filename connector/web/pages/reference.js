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
