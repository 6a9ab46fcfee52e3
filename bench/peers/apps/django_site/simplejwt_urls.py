# mypy: ignore-errors
"""Sign-in and refresh are simplejwt's own views; `/me` asks for the user's row, `/stateless/me` does without."""

from django.urls import path
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView


@api_view(["GET"])
@authentication_classes([JWTAuthentication])
def me(request):
    return Response({"id": str(request.user.pk)})


@api_view(["GET"])
@authentication_classes([JWTStatelessUserAuthentication])
def stateless_me(request):
    return Response({"id": str(request.user.pk)})


urlpatterns = [
    path("me", me),
    path("stateless/me", stateless_me),
    path("token/refresh", TokenRefreshView.as_view()),
    path("token", TokenObtainPairView.as_view()),
]
