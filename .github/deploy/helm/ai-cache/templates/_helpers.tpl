{{- define "ai-cache.name" -}}
{{- if contains "ai-cache" .Release.Name }}{{ .Release.Name | trunc 53 | trimSuffix "-" }}{{ else }}{{ printf "%s-ai-cache" .Release.Name | trunc 53 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "ai-cache.selector" -}}
app.kubernetes.io/name: ai-cache
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ai-cache.labels" -}}
{{ include "ai-cache.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "ai-cache.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "ai-cache.isShared" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) }}true{{ end }}
{{- end }}

{{- define "ai-cache.check" -}}
{{- if include "ai-cache.isShared" . }}
{{- if .Values.persistence.enabled }}
{{- fail "replicas: more than one proxy cannot have one data folder; set persistence.enabled: false" }}
{{- end }}
{{- if not (dig "exact" "redis" "" .Values.config) }}
{{- fail "replicas: several proxies share their answers in a Redis; set config.exact.redis.url, and config.semantic.index for hits by meaning" }}
{{- end }}
{{- end }}
{{- if and .Values.monitoring.enabled (not (and .Values.secretName (dig "dashboard" "token" "" .Values.config))) }}
{{- fail "monitoring.enabled: Prometheus needs the dashboard's token; set secretName to a Secret with the key DASHBOARD_TOKEN, and config.dashboard.token: ${DASHBOARD_TOKEN}" }}
{{- end }}
{{- end }}

{{- define "ai-cache.container" -}}
image: {{ include "ai-cache.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.secretName }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: config, mountPath: /etc/ai-cache, readOnly: true}
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
{{- end }}
