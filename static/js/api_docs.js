// Swagger UI on the page of the API: our schema, our session's CSRF token, nothing from elsewhere.

const place = document.getElementById("api");

const csrf = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (request.method !== "GET" && csrf()) request.headers["X-CSRFToken"] = csrf();
    return request;
  },
});
