"""Google's Gemini API, on the Gemini API and on Vertex AI."""
